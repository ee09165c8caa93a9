using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Cmp.Tests;

/// <summary>One type names another: in its bases, its members' signatures, its attributes or the bodies of its methods.</summary>
/// <param name="From">The full name of the outermost type that names.</param>
/// <param name="To">The full name of the outermost type that is named.</param>
/// <param name="Where">The member in which it does.</param>
public sealed record TypeDependency(string From, string To, string Where);

/// <summary>Reads out of a compiled assembly which of its types names which.</summary>
public sealed class AssemblyMap : IDisposable
{
    private static readonly Dictionary<int, OperandType> Operands = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (int)(ushort)code.Value, code => code.OperandType);

    private readonly PEReader _file;
    private readonly MetadataReader _reader;

    /// <summary>Opens an assembly.</summary>
    /// <param name="assembly">The octets of the file.</param>
    public AssemblyMap(Stream assembly)
    {
        _file = new PEReader(assembly);
        _reader = _file.GetMetadataReader();
    }

    /// <summary>The full names of all types that are not nested.</summary>
    public IReadOnlyList<string> Types => [.. _reader.TypeDefinitions.Select(NameOf).Distinct().Where(name => name.IndexOf('<') < 0)];

    /// <summary>Which types name which, types of other assemblies included.</summary>
    /// <returns>Each pair once a member.</returns>
    public IReadOnlyCollection<TypeDependency> Dependencies()
    {
        var found = new HashSet<TypeDependency>();
        foreach (TypeDefinitionHandle handle in _reader.TypeDefinitions)
            CollectType(handle, found);
        found.RemoveWhere(dependency => dependency.From == dependency.To);
        return found;
    }

    /// <summary>The types that stand in signatures which another assembly can see: of public types their public and protected members.</summary>
    /// <returns>Each pair once a member.</returns>
    public IReadOnlyCollection<TypeDependency> VisibleSignatures()
    {
        var found = new HashSet<TypeDependency>();
        foreach (TypeDefinitionHandle handle in _reader.TypeDefinitions)
        {
            TypeDefinition type = _reader.GetTypeDefinition(handle);
            if (!IsVisible(type))
                continue;
            string from = NameOf(handle);
            var visitor = new Visitor(this, name => found.Add(new TypeDependency(from, name.Name, name.Where)));
            visitor.Where = "base types";
            visitor.VisitBases(type);
            foreach (FieldDefinitionHandle field in type.GetFields())
            {
                FieldDefinition definition = _reader.GetFieldDefinition(field);
                if ((definition.Attributes & FieldAttributes.FieldAccessMask) is FieldAttributes.Public or FieldAttributes.Family or FieldAttributes.FamORAssem)
                    visitor.Visit(definition);
            }
            foreach (MethodDefinitionHandle method in type.GetMethods())
            {
                MethodDefinition definition = _reader.GetMethodDefinition(method);
                if ((definition.Attributes & MethodAttributes.MemberAccessMask) is MethodAttributes.Public or MethodAttributes.Family or MethodAttributes.FamORAssem)
                    visitor.VisitSignature(definition);
            }
        }
        return found;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private bool IsVisible(TypeDefinition type) => (type.Attributes & TypeAttributes.VisibilityMask) switch
    {
        TypeAttributes.Public => true,
        TypeAttributes.NestedPublic or TypeAttributes.NestedFamily or TypeAttributes.NestedFamORAssem => IsVisible(_reader.GetTypeDefinition(type.GetDeclaringType())),
        _ => false,
    };

    private void CollectType(TypeDefinitionHandle handle, HashSet<TypeDependency> found)
    {
        TypeDefinition type = _reader.GetTypeDefinition(handle);
        string from = NameOf(handle);
        if (from.Contains('<'))
            return; // the compiler's own, such as <PrivateImplementationDetails>
        var visitor = new Visitor(this, name => found.Add(new TypeDependency(from, name.Name, name.Where)));
        visitor.Where = "base types";
        visitor.VisitBases(type);
        visitor.Where = "attributes";
        visitor.Visit(type.GetCustomAttributes());
        foreach (FieldDefinitionHandle field in type.GetFields())
            visitor.Visit(_reader.GetFieldDefinition(field));
        foreach (PropertyDefinitionHandle property in type.GetProperties())
            visitor.Visit(_reader.GetPropertyDefinition(property));
        foreach (EventDefinitionHandle evt in type.GetEvents())
            visitor.Visit(_reader.GetEventDefinition(evt));
        foreach (MethodDefinitionHandle method in type.GetMethods())
        {
            MethodDefinition definition = _reader.GetMethodDefinition(method);
            visitor.VisitSignature(definition);
            visitor.Visit(definition.GetCustomAttributes());
            foreach (ParameterHandle parameter in definition.GetParameters())
                visitor.Visit(_reader.GetParameter(parameter).GetCustomAttributes());
            if (definition.RelativeVirtualAddress != 0)
                visitor.Visit(_file.GetMethodBody(definition.RelativeVirtualAddress));
        }
    }

    private string NameOf(TypeDefinitionHandle handle)
    {
        TypeDefinition type = _reader.GetTypeDefinition(handle);
        while (type.IsNested)
            type = _reader.GetTypeDefinition(type.GetDeclaringType());
        return Join(type.Namespace, type.Name);
    }

    private string NameOf(TypeReferenceHandle handle)
    {
        TypeReference type = _reader.GetTypeReference(handle);
        while (type.ResolutionScope.Kind == HandleKind.TypeReference)
            type = _reader.GetTypeReference((TypeReferenceHandle)type.ResolutionScope);
        return Join(type.Namespace, type.Name);
    }

    private string Join(StringHandle ns, StringHandle name) =>
        ns.IsNil ? _reader.GetString(name) : _reader.GetString(ns) + "." + _reader.GetString(name);

    /// <summary>Walks signatures and bodies, and tells of each type that it meets.</summary>
    private sealed class Visitor(AssemblyMap map, Action<(string Name, string Where)> meet) : ISignatureTypeProvider<object?, object?>
    {
        private readonly MetadataReader _reader = map._reader;

        public string Where { get; set; } = string.Empty;

        public void VisitBases(TypeDefinition type)
        {
            Visit(type.BaseType);
            foreach (InterfaceImplementationHandle handle in type.GetInterfaceImplementations())
                Visit(_reader.GetInterfaceImplementation(handle).Interface);
            Visit(type.GetGenericParameters());
        }

        public void Visit(FieldDefinition field)
        {
            Where = _reader.GetString(field.Name);
            field.DecodeSignature(this, null);
            Visit(field.GetCustomAttributes());
        }

        public void Visit(PropertyDefinition property)
        {
            Where = _reader.GetString(property.Name);
            property.DecodeSignature(this, null);
            Visit(property.GetCustomAttributes());
        }

        public void Visit(EventDefinition evt)
        {
            Where = _reader.GetString(evt.Name);
            Visit(evt.Type);
            Visit(evt.GetCustomAttributes());
        }

        public void VisitSignature(MethodDefinition method)
        {
            Where = _reader.GetString(method.Name);
            method.DecodeSignature(this, null);
            Visit(method.GetGenericParameters());
        }

        public void Visit(CustomAttributeHandleCollection attributes)
        {
            foreach (CustomAttributeHandle attribute in attributes)
                Visit(_reader.GetCustomAttribute(attribute).Constructor);
        }

        public void Visit(MethodBodyBlock body)
        {
            if (!body.LocalSignature.IsNil)
                _reader.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(this, null);
            foreach (ExceptionRegion region in body.ExceptionRegions)
                Visit(region.CatchType);
            BlobReader code = body.GetILReader();
            while (code.RemainingBytes > 0)
            {
                int value = code.ReadByte();
                if (value == 0xFE)
                    value = 0xFE00 | code.ReadByte();
                switch (Operands[value])
                {
                    case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType or OperandType.InlineSig:
                        Visit(MetadataTokens.EntityHandle(code.ReadInt32()));
                        break;
                    case OperandType.InlineSwitch:
                        int targets = code.ReadInt32();
                        code.Offset += 4 * targets;
                        break;
                    case OperandType.InlineI8 or OperandType.InlineR:
                        code.Offset += 8;
                        break;
                    case OperandType.InlineBrTarget or OperandType.InlineI or OperandType.InlineString or OperandType.ShortInlineR:
                        code.Offset += 4;
                        break;
                    case OperandType.InlineVar:
                        code.Offset += 2;
                        break;
                    case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                        code.Offset++;
                        break;
                }
            }
        }

        private void Visit(GenericParameterHandleCollection parameters)
        {
            foreach (GenericParameterHandle parameter in parameters)
            {
                foreach (GenericParameterConstraintHandle constraint in _reader.GetGenericParameter(parameter).GetConstraints())
                    Visit(_reader.GetGenericParameterConstraint(constraint).Type);
            }
        }

        private void Visit(EntityHandle handle)
        {
            if (handle.IsNil)
                return;
            switch (handle.Kind)
            {
                case HandleKind.TypeDefinition:
                    meet((map.NameOf((TypeDefinitionHandle)handle), Where));
                    break;
                case HandleKind.TypeReference:
                    meet((map.NameOf((TypeReferenceHandle)handle), Where));
                    break;
                case HandleKind.TypeSpecification:
                    _reader.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, null);
                    break;
                case HandleKind.MethodDefinition:
                    MethodDefinition method = _reader.GetMethodDefinition((MethodDefinitionHandle)handle);
                    Visit(method.GetDeclaringType());
                    method.DecodeSignature(this, null);
                    break;
                case HandleKind.FieldDefinition:
                    FieldDefinition field = _reader.GetFieldDefinition((FieldDefinitionHandle)handle);
                    Visit(field.GetDeclaringType());
                    field.DecodeSignature(this, null);
                    break;
                case HandleKind.MemberReference:
                    MemberReference member = _reader.GetMemberReference((MemberReferenceHandle)handle);
                    Visit(member.Parent);
                    if (member.GetKind() == MemberReferenceKind.Field)
                        member.DecodeFieldSignature(this, null);
                    else
                        member.DecodeMethodSignature(this, null);
                    break;
                case HandleKind.MethodSpecification:
                    MethodSpecification specification = _reader.GetMethodSpecification((MethodSpecificationHandle)handle);
                    Visit(specification.Method);
                    specification.DecodeSignature(this, null);
                    break;
                case HandleKind.StandaloneSignature:
                    _reader.GetStandaloneSignature((StandaloneSignatureHandle)handle).DecodeMethodSignature(this, null);
                    break;
            }
        }

        public object? GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
        {
            Visit(handle);
            return null;
        }

        public object? GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
        {
            Visit(handle);
            return null;
        }

        public object? GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind)
        {
            Visit(handle);
            return null;
        }

        public object? GetArrayType(object? elementType, ArrayShape shape) => null;

        public object? GetByReferenceType(object? elementType) => null;

        public object? GetFunctionPointerType(MethodSignature<object?> signature) => null;

        public object? GetGenericInstantiation(object? genericType, ImmutableArray<object?> typeArguments) => null;

        public object? GetGenericMethodParameter(object? genericContext, int index) => null;

        public object? GetGenericTypeParameter(object? genericContext, int index) => null;

        public object? GetModifiedType(object? modifier, object? unmodifiedType, bool isRequired) => null;

        public object? GetPinnedType(object? elementType) => null;

        public object? GetPointerType(object? elementType) => null;

        public object? GetPrimitiveType(PrimitiveTypeCode typeCode) => null;

        public object? GetSZArrayType(object? elementType) => null;
    }
}
